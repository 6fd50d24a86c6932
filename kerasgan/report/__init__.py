"""The report of a run: one page, made of the files in the run's folder.

Every file may be missing or damaged; its part of the page then says so. No TensorFlow.
"""

from kerasgan.report.page import write_report

__all__ = ["write_report"]

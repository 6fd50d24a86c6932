"""Messy photographs in, pictures that can be trained on out.

sources.py files and videos, faces.py where faces are, alignment.py puts them upright,
cutting.py and patches.py -> pictures, quality.py what is wrong with them, preparing.py
does it all once and goes on after a kill: record.py what is done, state.py what it says
of the next picture, shares.py how many each source gives, remaking.py pictures that
somebody removed, tally.py and report.py what came of it.
"""

"""Tests, one folder or file for each of the package."""

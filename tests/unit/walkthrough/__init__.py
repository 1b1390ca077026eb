"""Tests of the walk over HTTP."""

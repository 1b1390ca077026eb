"""Tests of the demonstration: its generator and its database."""

"""Tests that the shapes on the wire are those of the recorded traffic."""

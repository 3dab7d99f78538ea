"""Recorded clients against our own server: their frames go in, its answers are compared with the recorded."""

"""Sweeps: the same thing done over and over, cut at another byte each time."""

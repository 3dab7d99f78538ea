"""Tests of the dispatcher adapter."""

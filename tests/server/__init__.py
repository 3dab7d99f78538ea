"""Tests of the reference server, over real sockets against a real process."""

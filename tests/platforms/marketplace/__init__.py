"""Tests of the marketplace adapter: on paper, over recordings, over a small server, over real sockets."""

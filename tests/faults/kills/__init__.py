"""Worlds that run in processes of their own and die by SIGKILL, at every named commit point and at random."""

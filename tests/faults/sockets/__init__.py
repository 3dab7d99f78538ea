"""Schedules over real sockets, before real server processes, on the real clock."""

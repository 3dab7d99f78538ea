"""Adapter for the OMW platform: one session is one conversation, sent by socket, read by REST."""

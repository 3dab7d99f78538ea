"""What every platform's server has in common: people, orders, messages, files, and the rules about them.

Nothing in here knows a platform: its words, shapes and status values belong to `chatdesk.server.dialects`.
"""

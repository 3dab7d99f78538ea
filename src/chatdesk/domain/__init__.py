"""Frozen types, ids, errors and pure rules that every other room shares."""

"""Tests of the engine, on virtual time, against the toy platform and the real store."""

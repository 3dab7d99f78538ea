"""The OMW platform, home services, as the reference server speaks it."""

"""The fault lab: the real program before our own servers on a network in memory, on time that is made up."""

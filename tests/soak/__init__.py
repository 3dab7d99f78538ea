"""The real program for half an hour among events and faults: it must neither grow, nor leak, nor lose."""

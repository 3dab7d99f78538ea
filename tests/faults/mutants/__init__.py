"""Defects that are planted one by one, to show that the fault lab sees each of them."""

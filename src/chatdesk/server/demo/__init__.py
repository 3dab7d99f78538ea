"""A shop to look at: believable orders, customers who answer, and somebody who counts."""

"""What makes things that are shipped with the product."""

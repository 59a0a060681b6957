"""What several gateways share: one Redis, and how each of them does while it is away."""

"""Other real-time servers, as they ship, beside ours: same weights, same speakers, same figures."""

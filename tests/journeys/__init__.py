"""Black-box journeys: clients that know the wire contract and nothing of Sosie's code."""

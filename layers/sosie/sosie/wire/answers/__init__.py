"""What each route answers, as models: for OpenAPI documents and for checks, never imported while answering.

The shapes on the wire are made by `to_wire` functions. These models say the same a second time, from the contract, so
that a test can hold one against the other. Each module has the models of an area and the table of its operations.
"""

"""The wire contract as a program: a list of checks that any implementation of the cloud can be held against.

It knows docs/contract/ and nothing of Sosie: what it imports is httpx, PyJWT, cryptography, argon2 and the standard
library. Base URLs and one seeded world are all it needs (see `target`).

    target.py    what is tested: base URLs, installations, people, organizations
    wire.py      requests and answers, as bytes where it matters
    cloud.py     one region of the target, spoken to as its clients speak
    people.py    somebody who signs in, and the organizations they create
    expect.py    what an answer is held against, in one line when it differs
    registry.py  the checks by id; `check` is the decorator that adds one
    checks/      the checks, one module per area of the contract
    runner.py    runs them and tells what came of each
    report.py    the outcomes, counted per area
"""

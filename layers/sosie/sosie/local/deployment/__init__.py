"""`sosie deploy-check`: is what stands between clients and a deployed Sosie true to the wire?

    probe.py          one question to the deployment: what is asked, and what to change where it fails
    control_plane.py  before there is a world: reached, healthy, closed to strangers
    licence_sync.py   the GET with a JSON body, first of all, because most of what fails here fails there
    requests.py       what gateways do to requests
    answers.py        what gateways do to answers
    article.py        the loop of the help article, in each region
    walk.py           the order of all this, in a world of its own that is dropped at the end
    report.py         what is printed

Requests, answers and what they are held against are the conformance suite's; a step is the doctor's.
"""

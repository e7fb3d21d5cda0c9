"""placeholder"""

ROUTES: tuple = ()

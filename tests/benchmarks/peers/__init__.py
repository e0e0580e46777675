"""The drain, done by other stream processors on the same topic in the same run: `make peers`.

All that a peer runs is here, so that anybody who knows it better can mend it: a program each, and how it is started.
"""

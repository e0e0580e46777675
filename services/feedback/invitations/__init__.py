"""Invitations to rate: whoever made a request gets one each time that it is closed."""

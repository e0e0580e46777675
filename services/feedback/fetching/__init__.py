"""Pictures that stand elsewhere, by the addresses that Open311 clients send: each is fetched once, by the worker."""

"""The outbox: events leave a service's database in the order in which their transactions committed."""

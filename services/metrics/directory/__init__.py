"""The read copy of the catalogue: what scores need to know of services, districts and jurisdictions."""

"""Pictures that belong to what citizens and staff say: taken in, checked, kept, shown and swept away."""

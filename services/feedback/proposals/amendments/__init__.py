"""Changes to a proposal that others suggest: comments that come with a wording."""

"""Finding entities by words, in the languages of their texts, with the spelling mistakes that people make."""

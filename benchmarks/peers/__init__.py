"""The same models and data by hand, by someone who knows what makes a small loop fast."""

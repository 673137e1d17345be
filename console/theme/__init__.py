"""How the window looks: one token table, and what is made of it."""

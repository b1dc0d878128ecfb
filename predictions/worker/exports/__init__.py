"""Write exports of drawings to Postgres, a chunk at a time, while people's drawings go first."""

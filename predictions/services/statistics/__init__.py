"""How well we read, and whether what people send changes: from the random sample of drawings alone."""

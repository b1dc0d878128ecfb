"""What people read of sheets: of their columns, and of what is wrong with photographs."""

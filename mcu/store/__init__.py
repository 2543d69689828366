"""What must survive a restart: database models, migrations and the repository over them."""

"""What every act stands on: its transaction, checks of input, ceilings, records and errors."""

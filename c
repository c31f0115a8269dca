bmg#11421: 0 events

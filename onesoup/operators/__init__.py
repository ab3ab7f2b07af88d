"""What operators do and look up, with the audit line of each: the same for the commands and for the console.

Each function gets an Operator: who acts, and on which cluster. What cannot be done is an OperatorError, whose text is for the
operator. No function prints, and none waits for anybody."""

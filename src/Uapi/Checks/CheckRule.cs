namespace XePt.Uapi.Checks;

/// <summary>One declared check or refusal as data, for tools and documentation.</summary>
/// <param name="Source">Name of the check list, or of the refusal.</param>
/// <param name="Order">Position in the reference order of its list, from 1; 0 for a refusal outside a list.</param>
/// <param name="RuleId">The rule of the specification.</param>
/// <param name="Errno">The errno of a call it refuses.</param>
/// <param name="Fields">C names of the fields it may report, separated by <c>", "</c>.</param>
/// <param name="Because">The sentence that explains the refusal.</param>
internal readonly record struct CheckRule(string Source, int Order, string RuleId, Errno Errno, string Fields, string Because);

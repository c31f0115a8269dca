using Microsoft.CodeAnalysis;

namespace XePt.Generators.Events;

/// <summary>What can be wrong with declared events.</summary>
internal static class EventDiagnostics
{
    public static readonly DiagnosticDescriptor ClassForm = Error(
        "XEPT0701", "Class of events cannot be extended", "'{0}' must be a static partial class, not generic, directly in a namespace");

    public static readonly DiagnosticDescriptor MethodForm = Error(
        "XEPT0702",
        "Event cannot be raised",
        "'{0}' must be a static partial method without body and result that takes a class, the watch, and by 'in' a struct, the fields");

    public static readonly DiagnosticDescriptor Number = Error(
        "XEPT0703", "Event number out of range or used twice", "'{0}' has the number {1}, which is {2}");

    public static readonly DiagnosticDescriptor Name = Error("XEPT0704", "Event name used twice", "'{0}' is named {1} as is '{2}'");

    public static readonly DiagnosticDescriptor FieldType = Error(
        "XEPT0705", "Type that no event can carry", "'{0}' is no integer, enum, bool or string");

    public static readonly DiagnosticDescriptor FieldBits = Error(
        "XEPT0706", "Field cannot be recorded", "'{0}' cannot be kept in {1} bits with {2} left out");

    public static readonly DiagnosticDescriptor RecordIsFull = Error(
        "XEPT0707", "Event does not fit a record", "The fields of '{0}' do not fit the words of a record: no word has {1} bits for '{2}'");

    public static readonly DiagnosticDescriptor Pair = Error(
        "XEPT0708", "Half of a pair", "'{0}' needs an event {1} with the number {2}");

    public static readonly DiagnosticDescriptor Group = Error(
        "XEPT0709", "Group is no single flag", "'{0}' is in the group {1}, which is no single flag of the enum that the events use");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "XePt.Events", DiagnosticSeverity.Error, isEnabledByDefault: true);
}

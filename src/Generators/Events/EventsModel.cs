using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>One class with <c>[EngineEvents]</c>.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Type">Its name.</param>
/// <param name="Source">Name that tools know the event source by.</param>
/// <param name="GroupType">Full name of the enum of groups.</param>
/// <param name="Groups">Its members.</param>
/// <param name="Events">The events, by number.</param>
internal sealed record EventsModel(
    string Namespace, string Type, string Source, string GroupType, EquatableArray<GroupModel> Groups, EquatableArray<EventModel> Events);

/// <summary>One group of events.</summary>
/// <param name="Name">The member of the enum.</param>
/// <param name="Value">Its bits.</param>
internal sealed record GroupModel(string Name, ulong Value);

/// <summary>One event.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Group">The member of the enum of groups.</param>
/// <param name="Level">The member of <c>EventLevel</c>.</param>
/// <param name="RecordLevel">The same for recorders.</param>
/// <param name="Method">The method that raises it: the watch, then the fields.</param>
/// <param name="FieldsType">Full name of the struct of the fields.</param>
/// <param name="Payload">The fields, in their order.</param>
internal sealed record EventModel(
    int Id, string Name, string Group, string Level, string RecordLevel, PartialMethod Method, string FieldsType,
    EquatableArray<PayloadModel> Payload);

/// <summary>One field of an event.</summary>
/// <param name="Member">The field of the struct.</param>
/// <param name="Name">Its name in the payload, in the style of the driver.</param>
/// <param name="Type">C# keyword of its type, or of the type below its enum.</param>
/// <param name="Size">Bytes in the payload; 0 of a string.</param>
/// <param name="Place">Where the recorder keeps it, or null when it does not.</param>
internal sealed record PayloadModel(string Member, string Name, string Type, int Size, RecordPlace? Place);

/// <summary>Where a field stands in a record.</summary>
/// <param name="Word">Which word of the record's own.</param>
/// <param name="Offset">Lowest bit there.</param>
/// <param name="Bits">How many bits.</param>
/// <param name="Shift">Bits of the field that are left out.</param>
/// <param name="EndsInOnes">What was left out are ones.</param>
internal sealed record RecordPlace(int Word, int Offset, int Bits, int Shift, bool EndsInOnes);

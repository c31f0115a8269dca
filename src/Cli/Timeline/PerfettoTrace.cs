namespace XePt.Cli.Timeline;

/// <summary>Writes a timeline in the format of Perfetto: packets of protocol buffers, each a track or something that happens on
/// one.</summary>
/// <remarks>Field numbers are those of Perfetto's published schema (<c>protos/perfetto/trace</c> of its repository).</remarks>
internal sealed class PerfettoTrace(Stream stream)
{
    private const int TracePacket = 1;
    private const int Timestamp = 8, SequenceId = 10, TrackEvent = 11, SequenceFlags = 13, TrackDescriptor = 60;
    private const int TrackUuid = 1, TrackName = 2, TrackParent = 5;
    private const int EventAnnotation = 4, EventType = 9, EventTrack = 11, EventCategory = 22, EventName = 23;
    private const int AnnotationBool = 2, AnnotationUnsigned = 3, AnnotationSigned = 4, AnnotationText = 6, AnnotationName = 10;
    private const int SliceBegin = 1, SliceEnd = 2, Instant = 3;

    // One writer, whose state begins with the first packet.
    private const ulong OnlySequence = 1, StateCleared = 1;

    private bool _hasBegun;

    /// <summary>Declares a track.</summary>
    /// <param name="uuid">Its id, not 0.</param>
    /// <param name="name">Its name.</param>
    /// <param name="parent">The track it is shown below, or 0.</param>
    public void Track(ulong uuid, string name, ulong parent = 0)
    {
        ProtoWriter track = new ProtoWriter().Number(TrackUuid, uuid).Text(TrackName, name);
        if (parent != 0)
            track.Number(TrackParent, parent);
        Write(new ProtoWriter().Message(TrackDescriptor, track));
    }

    /// <summary>Something begins on a track.</summary>
    public void Begin(long timeNs, ulong track, string name, string category, IEnumerable<(string Name, object Value)> fields) =>
        Write(timeNs, SliceBegin, track, name, category, fields);

    /// <summary>What began last on a track ends.</summary>
    public void End(long timeNs, ulong track, IEnumerable<(string Name, object Value)> fields) =>
        Write(timeNs, SliceEnd, track, name: null, category: null, fields);

    /// <summary>Something happens on a track.</summary>
    public void Happens(long timeNs, ulong track, string name, string category, IEnumerable<(string Name, object Value)> fields) =>
        Write(timeNs, Instant, track, name, category, fields);

    private void Write(
        long timeNs, ulong type, ulong track, string? name, string? category, IEnumerable<(string Name, object Value)> fields)
    {
        ProtoWriter written = new ProtoWriter().Number(EventType, type).Number(EventTrack, track);
        if (category is not null)
            written.Text(EventCategory, category);
        if (name is not null)
            written.Text(EventName, name);
        foreach ((string field, object value) in fields)
            written.Message(EventAnnotation, Annotation(field, value));
        Write(new ProtoWriter().Number(Timestamp, (ulong)timeNs).Message(TrackEvent, written));
    }

    private static ProtoWriter Annotation(string name, object value)
    {
        ProtoWriter annotation = new ProtoWriter().Text(AnnotationName, name);
        return value switch
        {
            bool isSet => annotation.Number(AnnotationBool, isSet ? 1u : 0),
            string text => annotation.Text(AnnotationText, text),
            int signed => annotation.Signed(AnnotationSigned, signed),
            long signed => annotation.Signed(AnnotationSigned, signed),
            _ => annotation.Number(AnnotationUnsigned, Convert.ToUInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
        };
    }

    private void Write(ProtoWriter packet)
    {
        packet.Number(SequenceId, OnlySequence);
        if (!_hasBegun)
            packet.Number(SequenceFlags, StateCleared);
        _hasBegun = true;
        new ProtoWriter().Message(TracePacket, packet).CopyTo(stream);
    }
}

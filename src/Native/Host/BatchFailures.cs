using System.Runtime.InteropServices.Marshalling;

namespace XePt.Native;

/// <summary>Tells the program why a batch has failed.</summary>
/// <param name="options">Its callback.</param>
internal sealed unsafe class BatchFailures(DeviceOptions options)
{
    /// <summary>One has, on this thread; its queue will be reset.</summary>
    public void Tell(StreamerFailure failure)
    {
        byte* sentence = Utf8StringMarshaller.ConvertToUnmanaged(failure.ToString());
        try
        {
            options.BatchFailed(options.User, sentence);
        }
        finally
        {
            Utf8StringMarshaller.Free(sentence);
        }
    }
}

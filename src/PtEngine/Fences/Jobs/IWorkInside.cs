namespace XePt.Fences;

/// <summary>What is done inside a <see cref="WriterGate"/> when somebody asks for it.</summary>
internal interface IWorkInside
{
    /// <summary>Does all there is to be done. The thread is inside that gate and no other.</summary>
    void RunInside();
}

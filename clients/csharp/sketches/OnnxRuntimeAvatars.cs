// A sketch for .NET: a player's avatar by ONNX Runtime. Packages: Microsoft.ML.OnnxRuntime (CPU, mobile),
// Microsoft.ML.OnnxRuntime.DirectML or Windows ML. The model: fp32/model.onnx of `ganrt bundle`. Written from the
// documentation of these packages; it needs them to compile, and has not been run.
using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

public sealed class OnnxRuntimeAvatars : IDisposable
{
    readonly InferenceSession session;
    readonly Ganrt.Law law;
    readonly int dim;

    /// <summary>dim and the law are those of spec.json; one session a process, used from one thread at a time.</summary>
    public OnnxRuntimeAvatars(string model, int dim, Ganrt.Law law)
    {
        Ganrt.Check();
        session = new InferenceSession(model);
        this.dim = dim;
        this.law = law;
    }

    /// <summary>The uint8 picture [height, width, channels] of a player, row by row.</summary>
    public byte[] Draw(string player)
    {
        float[] z = Ganrt.Latent(law, 0, Ganrt.Identity(player), dim);
        var input = NamedOnnxValue.CreateFromTensor("z", new DenseTensor<float>(z, new[] { 1, dim }));
        using (var outputs = session.Run(new List<NamedOnnxValue> { input }))
            return outputs.First().AsTensor<byte>().ToArray();
    }

    public void Dispose()
    {
        session.Dispose();
    }
}

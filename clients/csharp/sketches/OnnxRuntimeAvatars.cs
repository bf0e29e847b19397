// A sketch for .NET: a player's avatar by ONNX Runtime. Packages: Microsoft.ML.OnnxRuntime (CPU, mobile),
// Microsoft.ML.OnnxRuntime.DirectML or Windows ML. The model: fp32/model.onnx of `ganrt bundle`. Written from the
// documentation of these packages; it needs them to compile, and has not been run.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
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
        KeepOffline();
        session = new InferenceSession(model);
        this.dim = dim;
        this.law = law;
    }

    /// <summary>
    /// Switches ONNX Runtime's telemetry off, which otherwise writes files and looks up a host. Call it yourself before
    /// the first use of ONNX Runtime, if that is not here.
    /// </summary>
    public static void KeepOffline()
    {
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            Environment.SetEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1");
        else
            setenv("ORT_DISABLE_TELEMETRY", "1", 1); // .NET's own call does not reach native code on Unix
        OrtEnv.Instance().DisableTelemetryEvents();
    }

    [DllImport("libc")]
    static extern int setenv(string name, string value, int overwrite);

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

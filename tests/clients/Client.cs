// Answers the requests of client.c with clients/csharp/Ganrt.cs.
//     mcs -langversion:7.2 -out:client.exe ../../clients/csharp/Ganrt.cs Client.cs && mono client.exe < requests
using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;

static class Client
{
    static void Main()
    {
        Console.InputEncoding = new UTF8Encoding(false);
        for (string line = Console.In.ReadLine(); line != null; line = Console.In.ReadLine())
        {
            string[] token = line.Split(' ');
            try
            {
                Console.Out.Write(Answer(token[0], token.Skip(1).ToArray()) + "\n");
            }
            catch (ArgumentException)
            {
                Console.Out.Write("error\n");
            }
            catch (OverflowException)
            {
                Console.Out.Write("error\n");
            }
        }
    }

    static string Answer(string name, string[] token)
    {
        switch (name)
        {
            case "check": Ganrt.Check(); return "ok";
            case "philox": return Philox(token);
            case "quantile": return DoubleBits(Ganrt.Quantile(Double(token[0])));
            case "tail": return Tail(Ganrt.Law.Of(Ganrt.Prior.Normal, Double(token[0])).Tail);
            case "z": return Floats(Ganrt.Latent(LawOf(token), ulong.Parse(token[0]), ulong.Parse(token[1]),
                                                 int.Parse(token[2]), (Ganrt.Stream)int.Parse(token[7])));
            case "class": return Ganrt.ClassOf(ulong.Parse(token[0]), ulong.Parse(token[1]), ulong.Parse(token[2])).ToString();
            case "identity": return Ganrt.Identity(Text(token[0]), Text(token[1]), uint.Parse(token[2])).ToString();
            case "model": return Floats(Ganrt.Latent(ModelLaw(token), 0, 0, int.Parse(token[4])));
            case "truncation": return Floats(new[] { Ganrt.TruncationOf(token[0] == "-" ? (double?)null : Double(token[0])) });
            case "between": return Floats(Ganrt.Between(Ganrt.Law.Of(token[1]), Vector(token[2]), Vector(token[3]), Double(token[0])));
            case "lerp": return Floats(Ganrt.Lerp(Vector(token[1]), Vector(token[2]), Double(token[0])));
            case "slerp": return Floats(Ganrt.Slerp(Vector(token[1]), Vector(token[2]), Double(token[0])));
            case "sum": return Sum(ulong.Parse(token[0]), ulong.Parse(token[1]), int.Parse(token[2]), int.Parse(token[3]));
            case "time": return Time(int.Parse(token[0]));
            default: return "error";
        }
    }

    static Ganrt.Law LawOf(string[] token)
    {
        double? threshold = token[4] == "-" ? (double?)null : Double(token[4]);
        Ganrt.PsiMode mode = ModeOf(token[6]);
        if (token[3].Contains(":"))
            return Ganrt.Law.Of(token[3], threshold, Double(token[5]), mode);
        var prior = token[3] == "uniform" ? Ganrt.Prior.Uniform
            : token[3] == "normal" ? Ganrt.Prior.Normal
            : token[3] == "9" ? (Ganrt.Prior)9 : Ganrt.Prior.TruncatedNormal;
        return Ganrt.Law.Of(prior, threshold, Double(token[5]), mode);
    }

    static Ganrt.Law ModelLaw(string[] token)
    {
        return Ganrt.Law.OfModel(token[0], token[1] == "-" ? (double?)null : Double(token[1]), ModeOf(token[2]),
                                 token[3] == "-" ? (double?)null : Double(token[3]));
    }

    static Ganrt.PsiMode ModeOf(string name)
    {
        return name == "scale" ? Ganrt.PsiMode.Scale
            : name == "style" ? Ganrt.PsiMode.Style
            : name == "9" ? (Ganrt.PsiMode)9 : Ganrt.PsiMode.Resample;
    }

    static string Tail(double a)
    {
        return DoubleBits(a) + " " + DoubleBits(1 - 2 * a);
    }

    static string Philox(string[] token)
    {
        uint[] c = token.Select(word => Convert.ToUInt32(word, 16)).ToArray();
        Ganrt.Philox(ref c[0], ref c[1], ref c[2], ref c[3], c[4], c[5]);
        return string.Join(" ", c.Take(4).Select(word => word.ToString("x8")));
    }

    static string Sum(ulong seed, ulong index, int count, int dim)
    {
        var law = Ganrt.Law.Of(Ganrt.Prior.Normal);
        ulong sum = 0xcbf29ce484222325;
        unchecked
        {
            for (int i = 0; i < count; i++)
                foreach (float value in Ganrt.Latent(law, seed, index + (ulong)i, dim))
                    sum = (sum ^ BitConverter.ToUInt32(BitConverter.GetBytes(value), 0)) * 0x100000001b3;
        }
        return sum.ToString("x16");
    }

    static string Time(int count)
    {
        var law = Ganrt.Law.Of(Ganrt.Prior.Normal);
        var z = new float[100];
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
            Ganrt.Latent(law, 42, (ulong)i, z, 0, 100);
        return (watch.Elapsed.TotalMilliseconds * 1e6 / (count * 100.0)).ToString("F3", CultureInfo.InvariantCulture);
    }

    static string Text(string hex)
    {
        byte[] bytes = hex == "-" ? new byte[0]
            : Enumerable.Range(0, hex.Length / 2).Select(i => Convert.ToByte(hex.Substring(2 * i, 2), 16)).ToArray();
        return new UTF8Encoding(false, true).GetString(bytes);
    }

    static double Double(string hex)
    {
        return BitConverter.Int64BitsToDouble(Convert.ToInt64(hex, 16));
    }

    static string DoubleBits(double x)
    {
        return BitConverter.DoubleToInt64Bits(x).ToString("x16");
    }

    static float[] Vector(string text)
    {
        return text.Split(',').Select(hex => BitConverter.ToSingle(BitConverter.GetBytes(Convert.ToUInt32(hex, 16)), 0)).ToArray();
    }

    static string Floats(float[] z)
    {
        return string.Join(" ", z.Select(value => BitConverter.ToUInt32(BitConverter.GetBytes(value), 0).ToString("x8")));
    }
}
